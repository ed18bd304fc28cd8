"""Word lists and rules by which texts are judged without a network."""
