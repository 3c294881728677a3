# heddle-ts alone: its binary, the C library that it is linked with, and nothing else that could be run. No shell, no package manager.
#
#   npm run build:binary linux-x64 linux-arm64
#   docker build -t heddle-ts .
#   docker run --rm --read-only heddle-ts --version
#
# `node tools/try-image.mjs` does the same in an empty folder, and runs what came of it, where there is no engine of containers.

FROM debian:12-slim AS root
ARG TARGETARCH=amd64
COPY dist/bin/ /binaries/
COPY tools/image-root.sh /
RUN case "$TARGETARCH" in amd64) machine=x64 ;; *) machine=$TARGETARCH ;; esac && \
    /image-root.sh "/binaries/heddle-ts-linux-$machine" /image

FROM scratch
COPY --from=root /image/ /
# Of another user's: nothing of the image can be written by who runs in it but his own folder, and that only where the root is not mounted read-only.
USER 65532:65532
WORKDIR /work
ENV HOME=/work
ENTRYPOINT ["/usr/bin/heddle-ts"]
CMD ["--help"]
