package pgwire

import (
	"net"
	"syscall"
)

// peerClosed tells whether the peer of c has closed its side, whatever it sent
// before: many clients say goodbye while their statement still runs. It is
// false for connections that are not sockets.
func peerClosed(c net.Conn) bool {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	closed := false
	err = raw.Control(func(fd uintptr) { closed = hungUp(int(fd)) })
	return closed || err != nil
}

// hungUp asks the kernel without reading. Where it does not answer, the peer is
// taken to be there.
func hungUp(fd int) bool {
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return false
	}
	defer syscall.Close(poll)
	ask := syscall.EpollEvent{Events: syscall.EPOLLRDHUP}
	if err := syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, fd, &ask); err != nil {
		return false
	}
	var answer [1]syscall.EpollEvent
	n, err := syscall.EpollWait(poll, answer[:], 0)
	return err == nil && n > 0
}
