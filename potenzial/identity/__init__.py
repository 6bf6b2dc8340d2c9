"""Who a customer is: comparable names, addresses and numbers, what kind of customer it is, and which are one company.

Works on `scoring.schema.CUSTOMERS` and asks nobody: no file is read and no server contacted.
"""
