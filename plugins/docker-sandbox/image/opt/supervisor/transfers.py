"""Files on their way in and out, in pieces between other work."""

import files
import wire


class Transfers:
    def __init__(self, supervisor):
        self.supervisor = supervisor
        self.identity = supervisor.identity
        self.workspace = supervisor.workspace
        self.outbox = supervisor.outbox
        self.uploads = {}
        self.downloads = {}
        #: Questions about files that wait until all stand still: until then a thread may write on.
        self.waiting = []

    def ask(self, kind, request):
        if kind == wire.PUT:
            self.serve(kind, request)
        else:
            self.waiting.append((kind, request))

    def go_on(self, still):
        while still and self.waiting:
            self.serve(*self.waiting.pop(0))
        self.send_pieces()

    def serve(self, kind, request):
        number = request["id"]
        try:
            with self.identity:
                if kind == wire.LIST:
                    listed = [[path, state[0]] for path, state in sorted(files.walk(self.workspace).items())]
                    self.reply({"id": number, "files": listed})
                elif kind == wire.GET:
                    download = files.Download(self.workspace, request["path"], request["most"])
                    self.downloads[number] = download
                    self.reply({"id": number, "size": download.size})
                elif "abandon" in request:
                    upload = self.uploads.pop(number, None)
                    if upload:
                        upload.close()
                else:
                    self.uploads[number] = files.Upload(self.workspace, request["path"], request["size"])
        except (OSError, files.FileError) as error:
            self.refuse(number, request.get("path", ""), error)

    def reply(self, value):
        self.outbox.control(wire.REPLY, value)

    def refuse(self, number, path, error):
        problem = files.failure(error, path)
        self.reply({"id": number, "code": problem.code, "message": str(problem)})

    def receive_piece(self, payload):
        number = int.from_bytes(payload[:4], "big")
        upload = self.uploads.get(number)
        if upload is None:
            return
        try:
            with self.identity:
                done = upload.write(payload[4:])
            if not done:
                return
            # Not a file that a program made.
            self.supervisor.files[upload.path] = upload.state
            self.reply({"id": number})
        except OSError as error:
            with self.identity:
                upload.close()
            self.refuse(number, upload.path, error)
        del self.uploads[number]

    def send_pieces(self):
        for number, download in list(self.downloads.items()):
            try:
                while download.left > 0 and self.outbox.size < wire.HIGH:
                    data = download.read(wire.CHUNK)
                    self.outbox.send(wire.PIECE, number.to_bytes(4, "big") + data)
            except OSError:
                download.left = -1
                self.outbox.send(wire.PIECE, number.to_bytes(4, "big"))
            if download.left <= 0:
                download.close()
                del self.downloads[number]
