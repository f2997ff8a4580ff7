"""What an item says as numbers: words, characters, values, embeddings."""
