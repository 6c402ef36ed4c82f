"""The report: one page of HTML that needs no network, with controls that price anew."""
