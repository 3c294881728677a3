// Sends a task to a gateway, and prints the answer. Needs nothing but Go.
//
//	GATEWAY=http://127.0.0.1:8787 GATEWAY_TOKEN=... go run send.go echo '{"text":"hello"}'
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: send <worker_type> <payload>")
		os.Exit(2)
	}
	address := os.Getenv("GATEWAY")
	if address == "" {
		address = "http://127.0.0.1:8787"
	}
	body, err := json.Marshal(map[string]any{
		"worker_type": os.Args[1],
		"model_tier":  "local",
		"payload":     json.RawMessage(os.Args[2]),
	})
	check(err)
	request, err := http.NewRequest(http.MethodPost, address+"/v1/tasks", bytes.NewReader(body))
	check(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Prefer", "wait=30")
	if token := os.Getenv("GATEWAY_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: time.Minute}
	response, err := client.Do(request)
	check(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	check(err)
	fmt.Println(string(answer))
	if response.StatusCode >= 400 {
		os.Exit(1)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
