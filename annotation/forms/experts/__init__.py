"""What is asked about experts: rules of routing, fields of expertise, tests, invitations, adjudications."""
