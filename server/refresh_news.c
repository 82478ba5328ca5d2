#include "server/refresh_news.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

static void destroy(struct refresh_news *news)
{
    secondary_unref_state(news->state);
    zone_xfr_in_destroy(news->content);
    mem_free(news);
}

static void come_back(struct loop_post_item *item)
{
    struct refresh_news *news =
        (struct refresh_news *)(void *)((char *)item - offsetof(struct refresh_news, item));
    if (news->on_back) {
        news->on_back(news->context, news);
    }
    destroy(news);
}

/* In the writer's thread. */
static void run(struct writer_job *job)
{
    struct refresh_news *news = (struct refresh_news *)(void *)job; /* job is the first member */
    switch (news->what) {
    case REFRESH_NEWS_CONTENT:
        news->err =
            adopt_content(&news->adopt, news->name, news->state, news->content, news->refreshed_s);
        break;
    case REFRESH_NEWS_SAME:
        news->err = adopt_refreshed(&news->adopt, news->name, news->state, news->refreshed_s);
        break;
    case REFRESH_NEWS_EXPIRED:
        news->err = adopt_expired(&news->adopt, news->name, news->state);
        break;
    }
    if (!loop_post_send(news->post, &news->item)) {
        destroy(news); /* the refresher has ended */
    }
}

struct refresh_news *refresh_news_post(const struct refresh_news_options *options)
{
    struct refresh_news *news = mem_alloc(sizeof(*news));
    news->job.run = run;
    news->item.run = come_back;
    news->post = options->post;
    news->adopt = options->adopt;
    memcpy(news->name, options->name, dns_name_len(options->name));
    news->state = secondary_ref_state(options->state);
    news->what = options->what;
    news->content = options->content;
    news->refreshed_s = options->refreshed_s;
    news->on_back = options->on_back;
    news->context = options->context;
    writer_post(options->writer, &news->job);
    return news;
}

void refresh_news_forget(struct refresh_news *news)
{
    news->on_back = NULL;
}
