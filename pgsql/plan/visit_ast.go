package plan

import "reflect"

// visitNodes calls visit with every pointer to a struct of the syntax tree in n
// that can be reached, n included, until visit answers false for a branch. It
// walks by reflection: only statements that change the schema use it.
func visitNodes(n any, visit func(any) bool) { visitValue(reflect.ValueOf(n), visit) }

func visitValue(v reflect.Value, visit func(any) bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			visitValue(v.Elem(), visit)
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Elem().Kind() == reflect.Struct && !visit(v.Interface()) {
			return
		}
		visitValue(v.Elem(), visit)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				visitValue(v.Field(i), visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitValue(v.Index(i), visit)
		}
	}
}
