package catalog

import "polyreme/pgsql/types"

// AccessMethodOID returns the OID of the access method, 0 where there is none
// of that name.
func AccessMethodOID(name string) uint32 { return loadSystem().methods[name] }

// AccessMethodName returns the name of the access method oid.
func AccessMethodName(oid uint32) string { return loadSystem().methodName[oid] }

// OpClassByOID returns the operator class oid, or nil.
func OpClassByOID(oid uint32) *OpClass { return loadSystem().classByOID[oid] }

// OpClassByName returns the operator class of the access method, or nil.
func OpClassByName(method, name string) *OpClass {
	s := loadSystem()
	am := s.methods[method]
	for i := range s.opClasses {
		if c := &s.opClasses[i]; c.Method == am && c.Name == name {
			return c
		}
	}
	return nil
}

// DefaultOpClass returns the OID of the default operator class of the access
// method for the type, 0 where there is none.
func DefaultOpClass(method string, oid types.OID) uint32 {
	s := loadSystem()
	am := s.methods[method]
	for _, input := range [...]types.OID{oid, binaryCoercible(oid)} {
		if input == 0 {
			continue
		}
		for i := range s.opClasses {
			if c := &s.opClasses[i]; c.Method == am && c.Default && c.Input == input {
				return c.OID
			}
		}
	}
	return 0
}

// binaryCoercible returns the type whose operator class serves oid where it
// has none of its own.
func binaryCoercible(oid types.OID) types.OID {
	switch oid {
	case types.VarcharOID:
		return types.TextOID
	case types.CidrOID:
		return types.InetOID
	case types.RegprocOID, types.RegprocedureOID, types.RegoperOID, types.RegoperatorOID, types.RegclassOID,
		types.RegtypeOID, types.RegroleOID, types.RegnamespaceOID, types.RegcollationOID, types.RegconfigOID,
		types.RegdictionaryOID:
		return types.OidOID
	}
	if t := types.ByOID(oid); t == nil || t.IsArray() {
		return types.AnyarrayOID
	}
	return 0
}

// CollationName returns the name of the collation oid, or "".
func CollationName(oid uint32) string { return loadSystem().collations[oid] }

// CollationOID returns the OID of the collation of that name, 0 where there is none.
func CollationOID(name string) uint32 {
	for oid, n := range loadSystem().collations {
		if n == name {
			return oid
		}
	}
	return 0
}
