"""Where an image of a screen was taken: `names` reads it off file names, `wells` knows wells and plates."""
