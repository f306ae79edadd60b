// Package isolation holds schedules: the statements of several sessions in one
// order, and what each answers. They are the anomalies of the literature (Adya's
// G0 to G2, the list of Hermitage) at each isolation level. The golden files come
// from PostgreSQL itself:
//
//	scripts/with-postgres.sh go test ./integration/isolation -rewrite
//
// Where Polyreme answers otherwise, NAME.here has its answers, and NAME.txt says
// why. The sessions run on different nodes.
package isolation
