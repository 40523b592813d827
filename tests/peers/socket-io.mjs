// A broadcast server on Socket.IO, as its documentation shows one: rooms, the parser and the adapter that come with it. Over WebSocket
// alone, no compression, nothing on disk; pings seldom, so that it is not measured while it waits. `node socket-io.mjs PORT`

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const server = new Server(http, {
  transports: ["websocket"],
  serveClient: false,
  perMessageDeflate: false,
  pingInterval: 600_000,
});

server.on("connection", (socket) => {
  const { room } = socket.handshake.query;
  socket.join(room);
  socket.on("post", (body) => server.to(room).emit("post", body));
});
http.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
