from ..suite import Plan
ATTACKS = Plan("attacks","Attacks")
