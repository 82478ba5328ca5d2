/* Refresh news: what the refresher has learned of a zone, on its way to the writer and back.
 *
 * Made in the refresher's thread, run in the writer's, and given back to the refresher; each frees
 * itself at the end of its way, also when the refresher has ended meanwhile. */
#pragma once

#include <stdint.h>

#include "base/loop_post.h"
#include "server/adopt.h"
#include "server/writer.h"
#include "zones/dns_name.h"

enum refresh_news_what {
    REFRESH_NEWS_CONTENT, /* of a transfer */
    REFRESH_NEWS_SAME,    /* ours is the newest */
    REFRESH_NEWS_EXPIRED, /* nobody said so for too long */
};

struct refresh_news {
    struct writer_job job;      /* first: the writer hands back its address */
    struct loop_post_item item; /* of the way back */
    struct loop_post *post;
    struct adopt_context adopt;
    uint8_t name[DNS_NAME_MAX];
    struct secondary_state *state; /* shared */
    enum refresh_news_what what;
    struct zone_xfr_in *content; /* ours */
    int64_t refreshed_s;
    int err;                                                         /* of the writer */
    void (*on_back)(void *context, const struct refresh_news *news); /* NULL: nobody waits */
    void *context;
};

struct refresh_news_options {
    struct loop_post *post; /* of the refresher's loop */
    struct writer *writer;
    struct adopt_context adopt;
    const uint8_t *name; /* of the zone; copied */
    struct secondary_state *state;
    enum refresh_news_what what;
    struct zone_xfr_in *content; /* taken; NULL unless CONTENT */
    int64_t refreshed_s;
    void (*on_back)(void *context, const struct refresh_news *news); /* may be NULL */
    void *context;
};

/* Send news to the writer. Shape: borrowed by the caller until on_back. Units: UNIX s. Errors: aborts
 * without memory. Source: none. */
struct refresh_news *refresh_news_post(const struct refresh_news_options *options);

/* Nobody waits for them any more. Shape: before on_back. Units: none. Errors: none. Source: none. */
void refresh_news_forget(struct refresh_news *news);
