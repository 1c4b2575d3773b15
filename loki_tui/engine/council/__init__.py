"""The completion council: members who vote on whether the product is complete, blind to each other."""
