package catalog

import "polyreme/pgsql/types"

// DefaultOpClass returns the OID of the default operator class of the access
// method for the type, 0 where there is none.
func DefaultOpClass(method string, oid types.OID) uint32 { return 0 }
