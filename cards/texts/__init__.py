"""Card texts, one file per language."""
