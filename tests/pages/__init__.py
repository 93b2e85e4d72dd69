"""The pages of the site, in the words of the people who use them."""
