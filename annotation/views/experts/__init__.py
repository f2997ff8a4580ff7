"""The pages about experts: adjudication, people and skill, rules of routing, tests, invitations, touched answers."""
