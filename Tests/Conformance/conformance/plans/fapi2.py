from ..suite import Plan
FAPI2 = Plan("fapi2","FAPI2")
