"""Tests of penstock-verifiable."""
