"""What the sink was told to do: the keys of each dialect, their checks, and one typed answer for all other rooms."""
