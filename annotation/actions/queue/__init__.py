"""An expert's case from opening to settling, and the order in which cases come."""
