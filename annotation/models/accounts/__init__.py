"""What guards accounts: how often something was tried, who saw and took out what, and the keys of scripts."""
