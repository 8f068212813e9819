# A level 1 server that keeps its delivery promises, with Python's own library only: PORT=3010 python3 level-1.py
import base64, hashlib, os, socketserver, threading
from http.server import BaseHTTPRequestHandler
pages, lock = set(), threading.Lock()
class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        if self.path != '/ws' or 'Sec-WebSocket-Key' not in self.headers: return self.send_error(404)
        key = self.headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'  # RFC 6455, section 1.3
        self.send_response(101)
        for name, value in [('Upgrade', 'websocket'), ('Connection', 'Upgrade'),
                ('Sec-WebSocket-Accept', base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())]:
            self.send_header(name, value)
        with lock: self.end_headers(); pages.add(self.request)  # at once: it counts on what comes after this answer
        try:
            while self.echo(): pass
        finally:
            with lock: pages.discard(self.request)
            self.close_connection = True
    def echo(self):  # reads one frame (section 5.2) and sends it back; false at the end
        head = self.rfile.read(2)
        if len(head) < 2 or head[0] & 15 == 8: return False
        size = head[1] & 127
        if size > 125: size = int.from_bytes(self.rfile.read(2 if size == 126 else 8), 'big')
        mask, data = self.rfile.read(4), self.rfile.read(size)
        text = bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))
        opcode = 10 if head[0] & 15 == 9 else head[0] & 15  # a ping is answered with a pong
        with lock: self.request.sendall(frame(text, opcode))
        return True
    def do_POST(self):
        text = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        with lock:
            for page in list(pages):
                try: page.sendall(frame(text, 1))
                except OSError: pages.discard(page)  # it has gone; its own thread ends
            body = b'{"delivered":%d}' % len(pages)
        self.send_response(202); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *_): pass
def frame(data, opcode):
    size = bytes([len(data)]) if len(data) < 126 else b'\x7e' + len(data).to_bytes(2, 'big') if len(data) < 65536 else b'\x7f' + len(data).to_bytes(8, 'big')
    return bytes([128 | opcode]) + size + data
socketserver.ThreadingTCPServer.allow_reuse_address = socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ.get('PORT', 3010))), Handler).serve_forever()
