"""How the site itself stands: its parts, its processes, its jobs, its disk; read by the operator and by machines."""
