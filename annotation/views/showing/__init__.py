"""How what came out of files is shown: long texts whole, and codes with their meanings."""
