"""What a run costs, measured beside what starting Python costs: `manage.py sandbox bench`."""
