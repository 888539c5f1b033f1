// Draws one sample of a model of strokes and writes it as SVG; needs Go's standard library only.
// usage: go run sample.go http://localhost:8501 kanji kanji.svg [SEED] [TEXT]
// TEXT is for models that read one. TOKEN=... in the environment for a server that wants one.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

type answer struct {
	Error   string `json:"error"`
	Outputs struct {
		Events  [][][3]float64 `json:"events"`
		Lengths []int          `json:"lengths"`
	} `json:"outputs"`
}

func main() {
	log.SetFlags(0)
	arguments := append(os.Args[1:], "7", "")
	base, model, file := arguments[0], arguments[1], arguments[2]
	inputs := map[string]any{"seed": [][]json.Number{{json.Number(arguments[3]), "0"}},
		"num_steps": []int{2000}, "bias": []float64{0.5}, "temperature": []float64{1}}
	if len(os.Args) > 5 {
		inputs["text"], inputs["style"] = []string{os.Args[5]}, []string{""}
	}
	body, _ := json.Marshal(map[string]any{"inputs": inputs})
	address := base + "/v1/models/" + url.PathEscape(model) + ":predict"
	request, err := http.NewRequest("POST", address, bytes.NewReader(body))
	check(err)
	request.Header.Set("Content-Type", "application/json")
	if token := os.Getenv("TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	check(err)
	defer response.Body.Close()
	var got answer
	check(json.NewDecoder(response.Body).Decode(&got))
	if response.StatusCode != http.StatusOK {
		log.Fatal(got.Error)
	}
	check(os.WriteFile(file, []byte(svg(got.Outputs.Events[0][:got.Outputs.Lengths[0]])), 0o644))
}

// Pen differences dx, dy, end of stroke -> one path; y points down, as in SVG.
func svg(events [][3]float64) string {
	var path strings.Builder
	path.WriteString("M0 0")
	var x, y, left, right, top, bottom float64
	command := "M"
	for _, event := range events {
		x, y = x+event[0], y+event[1]
		fmt.Fprintf(&path, " %s%.2f %.2f", command, x, y)
		command = map[bool]string{true: "L", false: "M"}[event[2] < 0.5]
		left, right = math.Min(left, x), math.Max(right, x)
		top, bottom = math.Min(top, y), math.Max(bottom, y)
	}
	margin := (right - left + bottom - top) / 20
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="%.2f %.2f %.2f %.2f">
<path d="%s" fill="none" stroke="#111" stroke-linecap="round" stroke-width="%.2f"/>
</svg>
`, left-margin, top-margin, right-left+2*margin, bottom-top+2*margin, path.String(), margin/4)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
