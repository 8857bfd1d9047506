import type { CodeObject, Effect, EffectKind, PathObject, SqlFacts } from '../model.ts';
import type { ProgramReading, SqlOptions } from '../reading.ts';
import { harmless } from './reading.ts';

/** A value of a parser's tree; nothing is assumed about its shape. */
export type Tree = unknown;
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(tree: Tree): Fields | undefined {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree) ? { ...tree } : undefined;
}

export function listOf(tree: Tree): readonly unknown[] {
  return Array.isArray(tree) ? tree : [];
}

export function textOf(tree: Tree): string | undefined {
  return typeof tree === 'string' ? tree : undefined;
}

/** A name as PostgreSQL's tree has it. */
export function stringValue(node: Tree): string {
  return textOf(fieldsOf(fieldsOf(node)?.String)?.sval) ?? '?';
}

/** Raised for a statement that is not understood; caught by the reader. */
export class NotSql extends Error {}

type Where = SqlFacts['where'];
const weakness: readonly Where[] = ['none-needed', 'present', 'constant', 'missing'];

/** Functions that compute from their arguments or report on the server, in any of the three dialects. */
const reading = new Set(
  `abs acos age any_value array_agg array_append array_cat array_dims array_length array_lower array_ndims array_position
   array_positions array_prepend array_remove array_replace array_to_json array_to_string array_upper ascii asin atan atan2
   avg bit_and bit_count bit_length bit_or bit_xor bool_and bool_or btrim cardinality cast cbrt ceil ceiling char
   char_length character_length chr clock_timestamp coalesce col_description concat concat_ws convert corr cos cot count
   covar_pop covar_samp cume_dist curdate current_catalog current_database current_date current_role current_schema
   current_schemas current_setting current_time current_timestamp current_user curtime database date date_add date_bin
   date_format date_part date_sub date_trunc datediff datetime day dayname dayofmonth dayofweek dayofyear decode degrees
   dense_rank div elt encode every exists exp extract field find_in_set first_value floor format format_type
   from_days from_unixtime gen_random_uuid get_byte greatest group_concat grouping has_any_column_privilege
   has_column_privilege has_database_privilege has_function_privilege has_schema_privilege has_sequence_privilege
   has_table_privilege hex host hour if ifnull iif inet_aton inet_client_addr inet_ntoa inet_server_addr inet_server_port
   initcap instr isfinite isnull jsonb_agg julianday justify_days justify_hours justify_interval lag last_day last_insert_rowid
   last_value lcase lead least left length ln localtime localtimestamp locate log log10 log2 lower lpad ltrim make_date
   make_interval make_time make_timestamp make_timestamptz makedate max md5 mid min minute mod mode month monthname nth_value
   ntile now nullif num_nonnulls num_nulls obj_description octet_length ord overlay percent_rank percentile_cont
   percentile_disc period_diff pg_backend_pid pg_blocking_pids pg_column_size pg_conf_load_time pg_current_wal_lsn
   pg_database_size pg_encoding_to_char pg_get_constraintdef pg_get_expr pg_get_function_arguments pg_get_functiondef
   pg_get_indexdef pg_get_keywords pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_triggerdef
   pg_get_userbyid pg_get_viewdef pg_indexes_size pg_is_in_recovery pg_last_wal_receive_lsn pg_last_wal_replay_lsn
   pg_last_xact_replay_timestamp pg_partition_tree pg_postmaster_start_time pg_relation_size pg_size_bytes pg_size_pretty
   pg_stat_get_activity pg_table_is_visible pg_table_size pg_tablespace_size pg_total_relation_size pg_typeof
   pg_current_snapshot pg_current_wal_insert_lsn pg_current_xact_id_if_assigned pg_get_wal_replay_pause_state
   pg_is_wal_replay_paused pg_sequence_last_value pg_stat_get_backend_idset pg_wal_lsn_diff pg_walfile_name
   pg_walfile_name_offset pg_xact_commit_timestamp txid_current_if_assigned pi plainto_tsquery position pow power printf quarter quote quote_ident quote_literal radians random rank
   regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array
   regexp_split_to_table regexp_substr regr_slope repeat replace reverse right round row_number row_to_json rpad rtrim schema
   sec_to_time second session_user setseed sha1 sha2 sha224 sha256 sha384 sha512 shobj_description sign similarity sin soundex
   split_part sqlite_version sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp str_to_date strftime
   string_agg string_to_array strpos subdate substr substring substring_index sum sysdate system_user tan time time_to_sec
   timediff timeofday timestamp timestampadd timestampdiff to_char to_date to_days to_hex to_json to_jsonb to_number
   to_regclass to_timestamp to_tsquery to_tsvector total transaction_timestamp translate trim trunc truncate ts_headline
   ts_rank typeof ucase unhex unicode unistr unix_timestamp unixepoch unnest upper user utc_date utc_timestamp uuid uuidv7
   var_pop var_samp variance version websearch_to_tsquery week weekday weekofyear width_bucket year yearweek
   generate_series generate_subscripts`.split(/\s+/),
);
/** Those that take JSON apart or make some, behind `json_` or `jsonb_`. Others of such a name are somebody's own. */
const ofJson = new Set(
  `agg agg_strict array array_append array_elements array_elements_text array_insert array_intersect array_length arrayagg
   build_array build_object compact contains contains_path depth detailed each each_text equals error_position exists extract
   extract_path extract_path_text group_array group_object insert key_value keys length loose merge merge_patch
   merge_preserve normalize object object_agg object_agg_strict object_agg_unique object_agg_unique_strict
   object_filter_keys object_keys object_to_array objectagg overlaps patch path_exists path_exists_tz path_match
   path_match_tz path_query path_query_array path_query_array_tz path_query_first path_query_first_tz path_query_tz
   populate_record populate_recordset pretty query quote remove replace scalar schema_valid schema_validation_report search
   serialize set set_lax storage_free storage_size strip_nulls table to_record to_recordset to_tsvector tree type typeof
   unquote valid value`.split(/\s+/),
);

/** What `AT TIME ZONE`, `SIMILAR TO`, `LIKE … ESCAPE` and the like are to PostgreSQL; it says itself whose functions these are. */
const ofSyntax =
  /^pg_catalog\.(?:timezone|similar_to_escape|like_escape|overlaps|(?:is_)?normalized?|pg_collation_for)$/;

/** Tables that hold password hashes, keys or credentials of the database itself, or of a proxy before it (ProxySQL). */
const credentialTables = new Set(
  `pg_shadow pg_authid pg_user_mapping pg_user_mappings _pg_user_mappings user_mapping_options pg_subscription
   pg_hba_file_rules pg_file_settings global_priv
   pg_foreign_server pg_foreign_table _pg_foreign_servers _pg_foreign_tables foreign_server_options foreign_table_options
   pg_db_role_setting pg_dist_authinfo pg_dist_poolinfo node_interface pga_jobstep decrypted_secrets
   mysql_users runtime_mysql_users pgsql_users runtime_pgsql_users
   global_variables runtime_global_variables session_variables system_variables persisted_variables variables_by_thread`.split(
    /\s+/,
  ),
);
/** Of SQLite: functions in the dress of tables, which read files or pages that no name in the statement shows. */
const readingTables = new Set(['fsdir', 'zipfile', 'sqlite_dbpage', 'sqlite_dbdata', 'sqlite_dbptr', 'csv']);

/** HOSTILE: of the table "a.b" the dot is no end of a schema, and a star stands for nothing. */
const part = (name: string): string => (/[.*]/.test(name) ? JSON.stringify(name) : name).toLowerCase();

/** Collects what statements say, and turns it into a reading. */
export class SqlNotes {
  readonly #options: SqlOptions;
  readonly #verbs = new Set<string>();
  readonly #implied = new Set<string>();
  readonly #tables = new Set<string>();
  readonly #defaults = new Set<string>();
  readonly #functions = new Set<string>();
  readonly #effects = new Map<string, Effect>();
  readonly #paths: PathObject[] = [];
  readonly #code: CodeObject[] = [];
  readonly #shell: string[] = [];
  #joins = 0;
  #where: Where = 'none-needed';
  #isReadOnly = true;
  /** Of the statement that is being read. */
  #changesNow = false;
  #namesTable = false;
  #hasOther = false;

  constructor(options: SqlOptions) {
    this.#options = options;
  }

  verb(verb: string): void {
    this.#verbs.add(verb);
  }

  /** What is done as well, by a verb of another name. */
  implies(...verbs: readonly string[]): void {
    for (const verb of verbs) this.#implied.add(verb);
  }

  /** Reads one statement: what it changes should have the name of a table. `isNamed`: its tables are noted elsewhere. */
  statement(read: () => void, isNamed = false): void {
    this.#changesNow = false;
    this.#namesTable = isNamed;
    read();
    this.#hasOther ||= this.#changesNow && !this.#namesTable;
  }

  /** All that is in a schema or a database; undefined: in any. */
  everything(schema?: string): void {
    this.#namesTable = true;
    this.#tables.add(schema === undefined ? '*' : `${part(schema)}.*`);
  }

  /** A name with stars in it. */
  tablesLike(pattern: string): void {
    const [name = '', schema] = pattern.split('.').toReversed();
    if (/[*?]/.test(pattern)) this.#tables.add(pattern.toLowerCase());
    else this.table(schema, name);
  }

  /** What has no schema is looked for in this one from now on. */
  defaultSchema(schema: string): void {
    this.#defaults.add(part(schema));
  }

  table(schema: string | undefined, name: string): void {
    const table = schema === undefined || schema === '' ? part(name) : `${part(schema)}.${part(name)}`;
    this.#namesTable = true;
    this.#tables.add(table);
    if (table === part(name)) for (const one of this.#defaults) this.#tables.add(`${one}.${table}`);
    // Accounts, replication and foreign servers: the schema `mysql` is passwords all over.
    const isAccounts = schema?.toLowerCase() === 'mysql';
    if (isAccounts || credentialTables.has(name.toLowerCase())) {
      this.effect('identity', `reads ${table}, which holds credentials`);
    }
    if (this.#options.dialect === 'sqlite' && readingTables.has(name.toLowerCase())) this.function(name);
  }

  function(written: string): void {
    const name = written.toLowerCase().replace(/^pg_catalog\./, '');
    this.#functions.add(name);
    if (reading.has(name) || ofJson.has(/^jsonb?_(\w+)$/.exec(name)?.[1] ?? '') || ofSyntax.test(written)) return;
    this.#isReadOnly = false;
    this.effect('unknown', `calls ${name.slice(0, 60)}(), which may do more than read`);
  }

  join(): void {
    this.#joins += 1;
  }

  /** `FROM a, b` joins as well. */
  lists(sources: Tree): void {
    this.#joins += Math.max(0, listOf(sources).length - 1);
  }

  where(where: Where): void {
    if (weakness.indexOf(where) > weakness.indexOf(this.#where)) this.#where = where;
  }

  effect(kind: EffectKind, why: string): void {
    this.#effects.set(`${kind} ${why}`, { kind, why });
  }

  /** An effect of a statement that is no plain read. */
  changes(kind: EffectKind, why: string): void {
    this.#isReadOnly = false;
    this.#changesNow = true;
    this.effect(kind, why);
  }

  /** Of a statement that is planned and not run: its tables, and the functions that planning may call. */
  planned(read: (inner: SqlNotes) => void): void {
    const inner = new SqlNotes(this.#options);
    read(inner);
    for (const table of inner.#tables) this.#tables.add(table);
    for (const name of inner.#functions) this.function(name);
    for (const { kind, why } of inner.#effects.values()) if (kind === 'identity') this.effect(kind, why);
  }

  path(access: 'read' | 'write', name: string, why: string): void {
    this.#isReadOnly = false;
    this.effect(access, why);
    this.#paths.push(this.#options.path(access, name));
  }

  code(text: string | undefined, why: string): void {
    this.changes('execute-code', why);
    this.#code.push({ language: 'sql', text, why });
  }

  shell(text: string): void {
    this.changes('execute-code', 'the database server runs a program');
    this.#shell.push(text);
  }

  finish(): ProgramReading {
    return {
      ...harmless,
      effects: [...this.#effects.values()],
      paths: this.#paths,
      code: this.#code,
      shell: this.#shell,
      sql: [
        {
          dialect: this.#options.dialect,
          verbs: [...this.#verbs],
          ...(this.#implied.size === 0 ? {} : { implied: [...this.#implied] }),
          tables: [...this.#tables],
          ...(this.#hasOther ? { hasOther: true as const } : {}),
          functions: [...this.#functions],
          joins: this.#joins,
          where: this.#where,
          readOnly: this.#isReadOnly,
        },
      ],
    };
  }
}
