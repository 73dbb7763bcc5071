"""All tests that span rooms. A regular package, so that no installed package named ``tests`` can stand before it."""
