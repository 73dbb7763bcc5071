"""The keys of both connectors, as Connect shows and checks them."""
