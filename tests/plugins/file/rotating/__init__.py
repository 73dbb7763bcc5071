"""Tests of penstock-file."""
