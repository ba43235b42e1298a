# What build/trust/sums and build/trust/verify share. It is sourced, never run.

# Whose signature it is, in OpenSSH's list of allowed signers.
identity=release@classmark

# Print the files of this folder that are published.
artefacts() { find . -maxdepth 1 -type f ! -name '*.sig' ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort; }

# macOS has no sha256sum; both print the same lines.
sha256() { if command -v sha256sum >/dev/null; then sha256sum -- "$@"; else shasum -a 256 -- "$@"; fi; }

# Print the public half of the signing key, less its comment.
public_key() {
    { ssh-keygen -yf "$SIGNING_KEY" 2>/dev/null || cat "$SIGNING_KEY"; } | cut -d ' ' -f 1,2
}
