"""The report of a sweep: one HTML page with its question, answer, pictures, checks and origin.

`gather` reads what the store knows, `page_of` says what there is to say of it, `render` writes HTML.
"""

from dnplab.report.material import Material, gather
from dnplab.report.page import Page, page_of, render

__all__ = ["Material", "Page", "gather", "page_of", "render"]
