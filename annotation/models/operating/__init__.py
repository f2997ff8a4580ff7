"""What the operator keeps an eye on."""
