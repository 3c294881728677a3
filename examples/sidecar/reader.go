// A sidecar of the gateway: reads a device (or any file) line by line and hands each line over as an event. The next line is
// read when the gateway has the one before: what was not acknowledged is said again.
//
//	sidecars: [{name: usb, command: [./reader, /dev/ttyUSB0], to: task, worker_type: serial}]
//
// Standard library only.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

type event struct {
	Type string            `json:"type"`
	ID   string            `json:"id"`
	Data map[string]string `json:"data"`
}

type answer struct {
	Type      string `json:"type"`
	ID        string `json:"id"`
	Reason    string `json:"reason"`
	Retryable bool   `json:"retryable"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: reader <device>")
		os.Exit(2)
	}
	device, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer device.Close()
	answers := make(chan answer)
	go listen(answers)
	out := json.NewEncoder(os.Stdout)
	begun := time.Now().UnixNano()
	lines := bufio.NewScanner(device)
	for count := 0; lines.Scan(); count++ {
		said := event{"event", fmt.Sprintf("%d-%d", begun, count), map[string]string{"line": lines.Text()}}
		for !handOver(out, said, answers) {
			time.Sleep(time.Second)
		}
	}
	// A file has an end, and the gateway starts whoever ends again: wait until it ends us.
	for range answers {
	}
}

// handOver is true when the gateway has it, or will never take it.
func handOver(out *json.Encoder, said event, answers <-chan answer) bool {
	if out.Encode(said) != nil {
		os.Exit(1)
	}
	for heard := range answers {
		if heard.ID != said.ID {
			continue
		}
		if heard.Type == "ack" {
			return true
		}
		if heard.Type == "refused" {
			fmt.Fprintln(os.Stderr, heard.Reason)
			return !heard.Retryable
		}
	}
	// The gateway ends.
	os.Exit(0)
	return false
}

func listen(answers chan<- answer) {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var heard answer
		if json.Unmarshal(in.Bytes(), &heard) == nil {
			answers <- heard
		}
	}
	close(answers)
}
