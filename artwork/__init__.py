"""Makes the painter's drawings at development time (`make art`).

They come from published icons, from SVG of our own and from the measures of animals.
"""
