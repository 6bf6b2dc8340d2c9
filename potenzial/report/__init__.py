"""The report: rated customers to one self-contained HTML file in German or English."""
