/* What a requirement or a service would be answered now, and why: the same table, question and engine as a query has.
 * Nothing changes by it.
 *   explain  WORDS or NAME, then who asks ("": 127.0.0.1), then whose pools ("": the only zone that has some):
 *   {"requirement":"acc-ascend-910b.accn-8","name":"training.compute.gba.","zone":"compute.gba.","serial":7,
 *    "table":12,"now_s":1790000000,"until_s":1790000055,"from":"127.0.0.1","place":"table","policy":"",
 *    "weights":{"price":60,"carbon":40},"maxage_s":60,"low":80,"high":95,"top":2,
 *    "considered":23,"fits":4,"answered":2,"equal":1,"first":null,"sticky_s":0,
 *    "uses_place":false,"group":null,"reasons":{"LACKS":19},
 *    "pools":[{"name":"ai.sg-sample.compute.gba.","reason":"FITS","rank":1,"score":87500,"weight":144,
 *              "terms":{"price":100000,"carbon":68750},"unknown_terms":[],"age_s":3,"unknown":false,
 *              "test":null,"value":null,"limit":null,"seen":"","asked":""},
 *             {"name":"ai.pcl.compute.gba.","reason":"LACKS","rank":null,"age_s":3,"unknown":false,
 *              "test":"acc-ascend-910b","value":"ascend-910a","limit":null,"seen":"ascend-910a","asked":""}],
 *    "cut":false}
 * name: "" for a requirement. table: version of the table of pools. until_s: from then on time alone may change the
 * answer. first: of a sticky service, the pool that is answered first whatever its rank, for sticky_s more; null: the
 * one of rank 1 will be. place: what tells where the asker is: "near" (a word), "table", "file" or "nowhere". policy:
 * the operator's own. maxage_s, low, high, top: in effect; 0: none. reasons: pools by the first test that they fail, rows of
 * sched/choose/reason.def. rank: null when it is not answered. score and terms in thousandths of a point;
 * unknown_terms had to be taken as the worst. unknown: it does not publish what the test needs. value, limit: numbers
 * in the stored unit, %, or s; of a text, an enum or a set its words. seen, asked: the same for people. cut: there were
 * more than CTL_EXPLAIN_POOLS_MAX pools. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sched/choose/pools_keeper.h"
#include "server/ctl_cmd.h"
#include "server/ctl_explain_pools.h"
#include "server/find.h"
#include "server/regions.h"
#include "server/steer_stick.h"
#include "server/world.h"
#include "zones/dns_name.h"

/* What is asked, parsed. */
struct question {
    const struct world *world;
    const char *text; /* words, or a name */
    const char *from;
    struct regions_match match;
    struct choose_place place;
    const struct zone *zone;
    uint64_t version;
    const struct pools *pools;
    bool is_service;
    char name[DNS_NAME_TEXT_MAX]; /* of a service */
    uint64_t service;             /* keyed hash of that */
    int64_t now_s;
    struct steer steer;
    struct err_at at; /* what is wrong */
};

/* --- who asks, and of which zone -------------------------------------------------------------- */

static int take_place(struct question *question, const char *text)
{
    uint8_t address[16];
    const unsigned family = strchr(text, ':') ? 6 : 4;
    question->from = text;
    if (inet_pton(family == 6 ? AF_INET6 : AF_INET, text, address) != 1) {
        return err_at_set(&question->at, ERR_VALUE, 0, 0, "%s is no address", text);
    }
    const struct regions *regions = rules_regions(question->world->rules);
    regions_find(regions, family, address, family == 6 ? 128 : 32, &question->match);
    regions_get(regions, &question->match, &question->place);
    return 0;
}

static int take_zone(struct question *question, const struct zone *zone)
{
    question->zone = zone;
    question->version = zone_version(zone);
    const struct pools_keeper *keeper = pools_keeper_of(zone);
    question->pools = pools_keeper_read(keeper);
    if (question->pools) {
        return 0;
    }
    char name[DNS_NAME_TEXT_MAX];
    dns_name_print(zone_name(zone), name);
    return err_at_set(&question->at, ERR_MISSING, 0, 0, "%s has no table of pools%s", name,
                      keeper ? " yet" : " (option choose)");
}

static int find_named_zone(struct question *question, const char *text)
{
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    const struct zone *zone = NULL;
    if (!dns_name_parse(text, strlen(text), NULL, name, &len)) {
        zone = zone_set_get(question->world->zones, name);
    }
    return zone ? take_zone(question, zone)
                : err_at_set(&question->at, ERR_MISSING, 0, 0, "no zone %s here", text);
}

/* The only zone with pools. */
static int find_only_zone(struct question *question)
{
    const struct zone *found = NULL;
    for (size_t i = 0; i < zone_set_count(question->world->zones); i++) {
        const struct zone *zone = zone_set_at(question->world->zones, i);
        const struct pools *pools = pools_keeper_read(pools_keeper_of(zone));
        if (pools && pools->pool_count > 0 && found) {
            return err_at_set(&question->at, ERR_VALUE, 0, 0,
                              "several zones have pools: which one? (--zone)");
        }
        found = pools && pools->pool_count > 0 ? zone : found;
    }
    return found ? take_zone(question, found)
                 : err_at_set(&question->at, ERR_MISSING, 0, 0, "no zone here has pools");
}

/* --- what is asked ---------------------------------------------------------------------------- */

static struct steer_scene scene_of(const struct question *question)
{
    return (struct steer_scene){.zone = question->zone,
                                .version = question->version,
                                .pools = question->pools,
                                .book = rules_book(question->world->rules),
                                .from = &question->place,
                                .now_s = question->now_s};
}

/* Read a name: below `find`, or of a service. *out_is_ours tells whether it is in a zone of this server. */
static int read_name(struct question *question, bool *out_is_ours)
{
    uint8_t name[DNS_NAME_MAX];
    struct dns_labels labels;
    size_t len;
    *out_is_ours = false;
    if (dns_name_parse(question->text, strlen(question->text), NULL, name, &len)) {
        return ERR_SYNTAX;
    }
    dns_name_lower(name, len, name);
    dns_name_index(&question->world->zones_key, name, &labels);
    const struct zone *zone = zone_set_find(question->world->zones, name, &labels, 0);
    if (!zone) {
        return ERR_MISSING;
    }
    *out_is_ours = true;
    int err = take_zone(question, zone);
    if (err) {
        return err;
    }
    const struct steer_scene scene = scene_of(question);
    const struct query_place place = {.name = name, .labels = &labels};
    if (find_is_name(zone, &place)) {
        const unsigned words = labels.count - zone_labels(zone) - 1;
        return steer_name(&question->steer, &scene, name, words, &question->at);
    }
    const struct zone_node *node = zone_get(zone, question->version, name, len, labels.hash[0]);
    question->is_service = node && steer_is_service(node);
    if (!question->is_service) {
        return err_at_set(&question->at, ERR_MISSING, 0, 0,
                          "%s is no service: it has no CPOL here, so nothing is chosen",
                          question->text);
    }
    dns_name_print(name, question->name);
    question->service = node->hash;
    return steer_service(&question->steer, &scene, node, &question->at);
}

static int read_words(struct question *question, const char *zone)
{
    const int err = zone[0] ? find_named_zone(question, zone) : find_only_zone(question);
    if (err) {
        return err;
    }
    const struct steer_scene scene = scene_of(question);
    return steer_words(&question->steer, &scene, question->text, strlen(question->text),
                       &question->at);
}

/* A name of ours is a name, everything else is words. */
static int read_question(struct question *question, const char *zone)
{
    bool is_ours;
    const int err = read_name(question, &is_ours);
    return is_ours ? err : read_words(question, zone);
}

/* --- what is answered ------------------------------------------------------------------------- */

static const char *place_of(const struct question *question)
{
    static const char *const names[] = {
        [REGIONS_NOWHERE] = "nowhere", [REGIONS_TABLE] = "table", [REGIONS_MMDB] = "file"};
    return question->steer.need.near_len > 0 ? "near" : names[question->match.source];
}

static void answer(const struct question *question, struct steer_first *first,
                   struct ctl_reply *reply)
{
    struct choose_answer found, kept;
    struct choose *choose = choose_create();
    struct ctl_explained explained = {.choose = choose,
                                      .ask = &question->steer.ask,
                                      .answer = &found,
                                      .zone = question->zone,
                                      .version = question->version,
                                      .name = question->name,
                                      .from = question->from,
                                      .place = place_of(question)};
    const struct steer_stick stick = {.first = first,
                                      .key = &question->world->zones_key,
                                      .service = question->service,
                                      .place = question->match.number,
                                      .is_only_read = true};
    choose_rank(choose, &question->steer.ask, &found);
    kept = found;
    explained.sticky_s = steer_stick_keep(&stick, choose, &question->steer, &kept);
    explained.first = explained.sticky_s > 0 ? kept.picks[0].slot : POOLS_NONE;
    ctl_reply_ok(reply, ctl_explain_print(&explained));
    choose_destroy(choose);
}

void ctl_explain(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    const struct ctl_cmd_context *with = context;
    struct question *question = calloc(1, sizeof(*question)); /* large: needs and members */
    if (!question) {
        ctl_reply_error(reply, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
        return;
    }
    const char *from = request->arg_count > 1 ? request->args[1] : "";
    question->world = rcu_read(with->world->now);
    question->text = request->args[0];
    question->now_s = with->clock->wall_s(with->clock);
    int err = take_place(question, from[0] ? from : "127.0.0.1");
    err = err ? err : read_question(question, request->arg_count > 2 ? request->args[2] : "");
    if (err) {
        ctl_reply_error(reply, err, "%s", question->at.text[0] ? question->at.text : err_text(err));
    } else {
        answer(question, with->world->first, reply);
    }
    free(question);
}
