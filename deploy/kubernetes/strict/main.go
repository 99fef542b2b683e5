// Command strict reads Kubernetes manifests as strictly as a cluster does: an
// unknown kind, an unknown or repeated field or a value of another type ends it
// with 1. It is a module of its own, so that the tracker's depends on nothing of
// this.
//
// Usage: strict FILE...
package main

import (
	"fmt"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

func main() {
	codec := serializer.NewCodecFactory(scheme(), serializer.EnableStrict).UniversalDeserializer()
	wrong := false
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		if err == nil {
			_, _, err = codec.Decode(text, nil, nil)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			wrong = true
		}
	}
	if wrong || len(os.Args) < 2 {
		os.Exit(1)
	}
}

// scheme knows the groups that the manifests are of.
func scheme() *runtime.Scheme {
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(known); err != nil {
			panic(err) // two kinds of one name
		}
	}
	return known
}
