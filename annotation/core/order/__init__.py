"""What comes first: ranking, what decisions teach, calibrated probabilities, the audit that checks them."""
