"""What macOS is told of the app: the types of files it opens, and on which systems it runs (Info.plist).

Source: https://developer.apple.com/documentation/bundleresources/information-property-list
"""

from __future__ import annotations

IDENTIFIER = "org.classmark.Classmark"
SUITCASE = "org.classmark.suitcase"
DOCUMENTS = (
    "com.adobe.pdf",
    "org.openxmlformats.wordprocessingml.document",
    "org.openxmlformats.presentationml.presentation",
    "org.oasis-open.opendocument.text",
    "org.oasis-open.opendocument.presentation",
    "public.rtf",
    "org.idpf.epub-container",
    "public.html",
    "public.xhtml",
    "public.xml",
    "public.plain-text",
    "net.daringfireball.markdown",
    "public.folder",
)
"""Offered under "Open with"; what opens them now goes on doing so."""

INFO = {
    "CFBundleDisplayName": "Classmark",
    "LSApplicationCategoryType": "public.app-category.reference",
    "LSMinimumSystemVersion": "14.0",
    "NSHighResolutionCapable": True,
    "NSHumanReadableCopyright": "Apache License 2.0",
    "CFBundleDocumentTypes": [
        {
            "CFBundleTypeName": "Classmark suitcase",
            "CFBundleTypeRole": "Viewer",
            "LSHandlerRank": "Owner",
            "LSItemContentTypes": [SUITCASE],
        },
        {
            "CFBundleTypeName": "Document",
            "CFBundleTypeRole": "Viewer",
            "LSHandlerRank": "Alternate",
            "LSItemContentTypes": list(DOCUMENTS),
        },
    ],
    "UTExportedTypeDeclarations": [
        {
            "UTTypeIdentifier": SUITCASE,
            "UTTypeDescription": "Classmark suitcase",
            "UTTypeConformsTo": ["public.data"],
            "UTTypeTagSpecification": {
                "public.filename-extension": ["classmark"],
                "public.mime-type": "application/x-classmark-suitcase",
            },
        }
    ],
}
