"""Files of lines and of separated bytes."""
