"""What a lead does about cases that are decided."""
