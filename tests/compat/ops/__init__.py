"""Operations by the name that a vector gives; every module here has a dict OPS."""
