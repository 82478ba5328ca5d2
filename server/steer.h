/* Steering: what a name asks of the table of pools. Words in front of `find.<zone>` say it themselves; for a service,
 * its CPOL does, with PTR records at the same name as members. Answers and explanations begin here alike.
 *
 * struct steer is memory of one thread, large, used again for each question. What is in it borrows from the scene
 * and is good as long as that. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sched/choose/book.h"
#include "sched/choose/need.h"
#include "sched/choose/choose.h"
#include "zones/attr.h"
#include "zones/zone.h"

enum {
    STEER_TTL_S = 10,         /* longest, where no CPOL says otherwise */
    STEER_MEMBERS_MAX = 1024, /* of a service; more are not looked at */
    STEER_GROUPS_MAX = BOOK_GROUPS_MAX,
};

/* Where and when a question is asked. Borrowed. */
struct steer_scene {
    const struct zone *zone;
    uint64_t version;
    const struct pools *pools;
    const struct book *book;         /* NULL: empty */
    const struct choose_place *from; /* NULL: nowhere */
    int64_t now_s;
};

struct steer {
    struct choose_ask ask; /* the question, for choose_rank; all that it points to is below */
    uint32_t ttl_s;        /* longest TTL of the answer */
    uint32_t sticky_s;     /* 0: the first choice may change at any time */
    struct need need;
    uint8_t weights[NEED_POLICIES];
    struct choose_place place;
    struct choose_group groups[STEER_GROUPS_MAX];
    struct need group_needs[STEER_GROUPS_MAX];
    char group_names[STEER_GROUPS_MAX][ATTR_TEXT_MAX + 1];
    uint32_t members[STEER_MEMBERS_MAX];
};

/* True when the answer for a name is chosen: it has a CPOL record. Shape: none. Units: none. Errors: none.
 * Source: docs/records.md. */
bool steer_is_service(const struct zone_node *node);

/* Read the labels of a name in front of `find.<zone>`.
 * Shape: name lower-case wire form, `labels` of them are read. Units: labels. Errors: those of need_parse_name;
 * ERR_MISSING when `near-` names nothing here. at (may be NULL) names the label. Source: docs/records.md. */
int steer_name(struct steer *steer, const struct steer_scene *scene, const uint8_t *name,
               unsigned labels, struct err_at *at);

/* The same from words with blanks or dots between them. Shape: len octets. Units: octets. Errors: as steer_name.
 * Source: docs/records.md. */
int steer_words(struct steer *steer, const struct steer_scene *scene, const char *text, size_t len,
                struct err_at *at);

/* Read the CPOL of a service and its members. Shape: node of the scene's version. Units: none. Errors: as steer_name,
 * and those of cres_check for a malformed record. Source: docs/records.md. */
int steer_service(struct steer *steer, const struct steer_scene *scene,
                  const struct zone_node *node, struct err_at *at);
