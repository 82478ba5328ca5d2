/* Control commands: a row a command in server/ctl_cmd.def, a function each, declared here and
 * written in server/ctl_cmd.c or in the ctl_ file of its noun. They run in the loop's thread, what
 * takes long in the writer's; context is a struct ctl_cmd_context.
 *
 * Results (the value of "result"). Times in seconds, of a day since 1970; sizes in octets.
 *   explain      see server/ctl_explain_choice.c
 *   explain update
 *                {"zone":"compute.gba.","permitted":true,"rule":2,"transport":"udp","rules":[
 *                 {"rule":1,"fails":"key","records_max":0,"rate":0,"durability":"durable"},...]}:
 *                what keeps each rule from it, "" what permits; 0 is no bound
 *   key list     {"keys":[{"name":"pcl.","algorithm":"hmac-sha256","from":"keys_file","mac_min":0,
 *                 "zones":[{"zone":"compute.gba.","transfer":[1],"update":[1,3],"notify":true}]}]}:
 *                numbers of the rules that ask for it; never the secret
 *   lease list   see server/ctl_lease.c
 *   log-level    {"level":"info"}
 *   stats        {"counters":{"query_udp4":12,...}, "answer_ns":{"count":9,"sum":4100,
 *                 "le":[[1024,3],[2048,9]]}}: so many answers took at most so many ns
 *   status       {"version":"0.1.0","pid":7,"uptime_s":60,"queries":12,"zones":1,"names":9,
 *                 "records":20,"leases":3,"zone_octets":9000,"store_used":4096,"store_size":1048576,"store_left":9000000,
 *                 "store_state":"ok","store_state_s":60,"store_alarm":0,"store_error":"",
 *                 "log_level":"info","secondaries":2,"loading":0,"expired":1}: of the zones
 *   zone add     as zone import, and "catalog":"catalog.gba."
 *   zone list    {"zones":[{"name":"compute.gba.","serial":1,"names":9,"records":20,
 *                 "octets":9000}]}; at a secondary zone also "secondary":{"state":"ok",
 *                 "refreshing":false,"refreshed":1790000000,"next":1790003600,"expires_in":600,
 *                 "primaries":["192.0.2.1:53"]}, state "loading", "ok" or "expired"; a time 0 is never;
 *                 "catalog":"producer" or "consumer" where it is one, "member_of":"catalog.gba." where one lists it
 *   zone import  {"zone":"compute.gba.","serial":2,"names":9,"records":20}
 *   zone export  parts: the zone file; then as zone import
 *   zone journal {"zone":"compute.gba.","serial":9,"from":5,"changes":4,"octets":900}
 *   zone refresh {"zone":"compute.gba."}: it has begun
 *   zone check   {"zone":"compute.gba.","names":9,"records":20}
 *   zone remove  {"zone":"compute.gba.","catalog":"catalog.gba."}
 *   show         see server/ctl_show.c
 * Errors in a zone file are lines `file:line:column: text` in the text of the error.
 * Prefix: ctl_ */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/kv.h"
#include "server/ctl.h"
#include "server/keeper.h"
#include "server/refresh.h"
#include "server/stat.h"
#include "server/store_state.h"
#include "server/world.h"
#include "server/writer.h"

/* What commands work on. All borrowed, longer-lived than the control socket. */
struct ctl_cmd_context {
    struct stat_registry *registry;
    struct world_handle *world;
    struct keeper *keeper; /* the writer's: only its jobs touch it */
    struct writer *writer;
    struct refresh *refresh; /* NULL: no zone is a secondary */
    struct kv *kv;
    struct store_state *store_state; /* NULL: not shown */
    const struct clock *clock;
    uint64_t start_ns; /* mono time of the process' start */
    const char *version;
    const uint64_t *leases; /* that records have; atomic */
};

/* The table of server/ctl_cmd.def. Shape: static rows. Units: none. Errors: none. Source: none. */
const struct ctl_command *ctl_cmd_table(size_t *out_count);

#define COMMAND(name, handler, args_min, args_max, args, help)                                     \
    void handler(void *context, const struct ctl_request *request, struct ctl_reply *reply);
#include "server/ctl_cmd.def"
#undef COMMAND
