"""Tests of the plugins: each with the real files of a temporary folder and small stand-ins for the runtime."""
