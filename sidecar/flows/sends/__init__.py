"""Which nodes and modules send to a person who is not the business's own.

What cannot be known counts as a send: a POST to an address that is only computed when the flow runs may go to Twilio.
A message whose recipient stands in the flow itself, as a literal or in a Settings node, is an alert to the business's
own staff: no lead's number is ever known when a flow is drawn.
"""
