// The tables of the SQLite store, and how one of an older program becomes
// today's. One thread.
#ifndef PINNACE_CONTROL_PLANE_STORE_SQLITE_SCHEMA_H_
#define PINNACE_CONTROL_PLANE_STORE_SQLITE_SCHEMA_H_

#include "absl/status/status.h"
#include "control-plane/store/sqlite_database.h"

namespace pinnace::store {

// Each step in one transaction. FAILED_PRECONDITION: a later program's.
absl::Status MigrateSchema(SqliteDatabase& database);

}  // namespace pinnace::store

#endif  // PINNACE_CONTROL_PLANE_STORE_SQLITE_SCHEMA_H_
