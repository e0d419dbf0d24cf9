"""The addresses of the pages."""

from django.urls import path

from app.web.views import answers, ask, conversations, documents, keys, library, sources, uploads

urlpatterns = [
    path("", ask.ask, name="ask"),
    path("conversations/<int:conversation_id>/", ask.conversation, name="conversation"),
    path("conversations/<int:conversation_id>/rename/", conversations.conversation_rename, name="conversation_rename"),
    path("conversations/<int:conversation_id>/delete/", conversations.conversation_delete, name="conversation_delete"),
    path("questions/<int:question_id>/stream", ask.question_stream, name="question_stream"),
    path("answers/<int:answer_id>/", answers.answer, name="answer"),
    path("answers/<int:answer_id>/feedback/", answers.answer_feedback, name="answer_feedback"),
    path("documents/<int:document_id>/", documents.document, name="document"),
    path("documents/<int:document_id>/original", documents.document_original, name="document_original"),
    path("library/", library.library, name="library"),
    path("sources/", sources.sources, name="sources"),
    path("sources/new/", sources.source_new, name="source_new"),
    path("sources/<int:source_id>/", sources.source, name="source"),
    path("sources/<int:source_id>/state/", sources.source_state, name="source_state"),
    path("sources/<int:source_id>/settings/", sources.source_edit, name="source_edit"),
    path("sources/<int:source_id>/remove/", sources.source_remove, name="source_remove"),
    path("sources/<int:source_id>/sync/", sources.source_sync, name="source_sync"),
    path("sources/<int:source_id>/retry/", sources.source_retry, name="source_retry"),
    path("sources/<int:source_id>/upload", uploads.source_upload, name="source_upload"),
    path("sources/<int:source_id>/documents/<int:document_id>/", uploads.source_document, name="source_document"),
    path(
        "sources/<int:source_id>/documents/<int:document_id>/remove/",
        uploads.source_document_remove,
        name="source_document_remove",
    ),
    path("account/keys/", keys.keys, name="keys"),
    path("account/keys/<int:key_id>/revoke/", keys.key_revoke, name="key_revoke"),
]
